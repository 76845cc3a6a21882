// SPDX-License-Identifier: MIT
//
// mqtt-packet on the other side of tests/interop/codec.c, whose lines it reads and writes:
//
//     node packets.js generate SEED COUNT    random packets: their bytes, a blank, their fields
//     node packets.js parse                  a line of bytes in, a line of fields out
'use strict'

const mqttPacket = require('mqtt-packet')
const readline = require('readline')

const TYPES = ['connect', 'connack', 'publish', 'puback', 'pubrec', 'pubrel', 'pubcomp',
  'subscribe', 'suback', 'unsubscribe', 'unsuback', 'pingreq', 'pingresp', 'disconnect']

// ---- The lines ----------------------------------------------------------------------

const text = value => value == null ? '-' : 'x' + Buffer.from(value).toString('hex')
const bit = value => value ? 1 : 0

const FIELDS = {
  connect: p => [bit(p.clean), p.keepalive, text(p.clientId), text(p.username), text(p.password),
    text(p.will?.topic), text(p.will?.payload), p.will?.qos ?? 0, bit(p.will?.retain)],
  connack: p => [bit(p.sessionPresent), p.returnCode],
  publish: p => [bit(p.dup), p.qos, bit(p.retain), p.messageId ?? 0, text(p.topic),
    text(p.payload)],
  subscribe: p => [p.messageId, ...p.subscriptions.flatMap(s => [text(s.topic), s.qos])],
  suback: p => [p.messageId, ...p.granted],
  unsubscribe: p => [p.messageId, ...p.unsubscriptions.map(text)],
  pingreq: () => [],
  pingresp: () => [],
  disconnect: () => []
}

function fields (packet) {
  const rest = FIELDS[packet.cmd] ?? (p => [p.messageId])
  return [packet.cmd.toUpperCase(), ...rest(packet)].join(' ')
}

function parse (bytes) {
  const lines = []
  const parser = mqttPacket.parser({ protocolVersion: 4 })
  parser.on('packet', packet => lines.push(fields(packet)))
  parser.on('error', error => lines.push('refused: ' + error.message))
  const left = parser.parse(bytes)
  return lines.join('; ') + (left ? ' unfinished' : '')
}

// ---- Random packets -----------------------------------------------------------------

let state = 0

// A number of `count`, from 0: a linear congruential generator's upper bits.
function below (count) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return Math.floor(state / 2 ** 32 * count)
}

const chance = () => below(2) === 1
const pick = list => list[below(list.length)]
const some = (count, make) => Array.from({ length: count }, make)

// Lengths are log-uniform: most are short, and some need three bytes of remaining length.
const length = most =>
  Math.floor(Math.exp(below(2 ** 20) / 2 ** 20 * Math.log(most + 1))) - below(2)
const bytes = most => Buffer.alloc(length(most)).map(() => below(256))
const identifier = () => pick([1, 255, 256, 65535, 1 + below(65535)])

// Every length of UTF-8, and the borders between them; neither U+0000 nor a surrogate.
const character = () => String.fromCodePoint(pick([
  1 + below(0x7f), 0x80 + below(0x780), 0x800 + below(0xd000), 0xe000 + below(0x2000),
  0x10000 + below(0x100000), pick([1, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xfeff, 0xffff,
    0x10000, 0x10ffff])]))
const string = most => some(length(most), character).join('')

const level = most => string(most).replace(/[+#/]/g, 'a')
const topic = most => some(1 + below(4), () => level(most)).join('/') || '/'

function filter () {
  const levels = some(1 + below(4), () => pick(['+', level(20)]))
  return (chance() ? levels : [...levels, '#']).join('/') || '#'
}

const MAKE = {
  connect: () => {
    const clean = chance()
    const username = pick([null, '', string(100)])
    return {
      clean,
      keepalive: pick([0, 1, 65535, below(65536)]),
      clientId: clean && chance() ? '' : 'c' + string(200),
      username,
      password: username == null ? null : pick([null, Buffer.alloc(0), bytes(300)]),
      will: pick([undefined, { topic: topic(50), payload: bytes(2000), qos: below(3),
        retain: chance() }])
    }
  },
  connack: () => pick([{ sessionPresent: chance(), returnCode: 0 },
    { sessionPresent: false, returnCode: below(6) }]),
  publish: () => {
    const qos = below(3)
    return {
      qos,
      dup: qos > 0 && chance(),
      retain: chance(),
      messageId: qos > 0 ? identifier() : undefined,
      topic: topic(200),
      payload: bytes(30000)
    }
  },
  subscribe: () => ({
    subscriptions: some(1 + below(8), () => ({ topic: filter(), qos: below(3) }))
  }),
  suback: () => ({ granted: some(1 + below(8), () => pick([0, 1, 2, 128])) }),
  unsubscribe: () => ({ unsubscriptions: some(1 + below(8), filter) }),
  pingreq: () => ({}),
  pingresp: () => ({}),
  disconnect: () => ({})
}

function random (number) {
  const cmd = TYPES[number % TYPES.length]
  return { messageId: identifier(), ...(MAKE[cmd] ?? (() => ({})))(), cmd, protocolVersion: 4 }
}

// Lengths around which the remaining length has one byte more (2.2.3); four bytes at last.
const borders = [127, 128, 16383, 16384, 2097152].map(remaining => ({
  cmd: 'publish', qos: 0, topic: 'abc', payload: Buffer.alloc(remaining - 5, 'payload') }))

// ---- The two commands ---------------------------------------------------------------

function generate (seed, count) {
  state = seed
  for (const packet of [...borders, ...some(count, (_, number) => random(number))]) {
    console.log(mqttPacket.generate(packet, { protocolVersion: 4 }).toString('hex'), fields(packet))
  }
}

if (process.argv[2] === 'generate') {
  generate(Number(process.argv[3]), Number(process.argv[4]))
} else {
  readline.createInterface({ input: process.stdin })
    .on('line', line => console.log(parse(Buffer.from(line, 'hex'))))
}

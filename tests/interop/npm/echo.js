// SPDX-License-Identifier: MIT
//
// Subscribes asking for QoS 2, and publishes every message again, at its QoS:
//
//     node echo.js PORT FROM TO    FROM/x comes back as TO/x
//
// `ready` is printed once it is subscribed; the end of standard input ends it.
'use strict'

const mqtt = require('mqtt')

const [port, from, to] = process.argv.slice(2)
const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, {
  protocolVersion: 4, reconnectPeriod: 0, clientId: 'echo' })

client.on('connect', async () => {
  await client.subscribeAsync(from + '/#', { qos: 2 })
  console.log('ready')
})

client.on('message', (topic, payload, { qos }) =>
  client.publish(to + topic.slice(from.length), payload, { qos }))

process.stdin.on('end', () => client.end()).resume()

// SPDX-License-Identifier: MIT
//
// A registration by somebody else's client: npm's mqtt, node's own HMAC.
//
//     node register.js URL CA.pem ID-SCOPE REGISTRATION-ID KEY
//
// The last answer's status and body are printed, each on a line.
'use strict'

const crypto = require('crypto')
const fs = require('fs')
const mqtt = require('mqtt')

const [url, ca, scope, id, key] = process.argv.slice(2)
const RESPONSES = '$dps/registrations/res/'

function token () {
  const resource = encodeURIComponent(`${scope}/registrations/${id}`)
  const expiry = Math.floor(Date.now() / 1000) + 3600
  const signature = crypto.createHmac('sha256', Buffer.from(key, 'base64'))
    .update(`${resource}\n${expiry}`).digest('base64')
  return `SharedAccessSignature sr=${resource}&sig=${encodeURIComponent(signature)}` +
    `&se=${expiry}&skn=registration`
}

const client = mqtt.connect(url, {
  protocolVersion: 4,
  reconnectPeriod: 0,
  ca: fs.readFileSync(ca),
  clientId: id,
  username: `${scope}/registrations/${id}/api-version=2019-03-31`,
  password: token()
})

client.on('error', error => {
  console.error(error.message)
  process.exitCode = 1
})

client.on('connect', async () => {
  await client.subscribeAsync(RESPONSES + '#', { qos: 1 })
  await client.publishAsync('$dps/registrations/PUT/iotdps-register/?$rid=1',
    JSON.stringify({ registrationId: id }), { qos: 1 })
})

client.on('message', (topic, payload) => {
  const [status, query] = topic.slice(RESPONSES.length).split('/')
  const answer = JSON.parse(payload)
  if (status === '202') {
    const wait = Number(new URLSearchParams(query).get('retry-after') ?? 1) * 1000
    setTimeout(() => client.publish('$dps/registrations/GET/iotdps-get-operationstatus/?' +
      `$rid=2&operationId=${answer.operationId}`, '', { qos: 1 }), wait)
    return
  }
  console.log(status)
  console.log(JSON.stringify(answer))
  client.end()
})

// What sigstore's verifier for JavaScript says of a receipt: run by `judges`, as `judge_aics` is.
// It looks at the log's signature, the leaf and the proof. Witnesses are unknown to it.
'use strict'
const crypto = require('node:crypto')
const path = require('node:path')
const readline = require('node:readline')

// Its parts are not exported: by path, at the version that is pinned.
const inside = path.resolve(process.argv[2], '@sigstore/verify/dist/tlog')
const { verifyMerkleInclusion } = require(path.join(inside, 'merkle.js'))
const { verifyCheckpoint } = require(path.join(inside, 'checkpoint.js'))

const ED25519 = Buffer.from('302a300506032b6570032100', 'hex') // SubjectPublicKeyInfo up to the key

function log (vkey) {
  const [name, id, ...typed] = vkey.split('+')
  const public_ = Buffer.from(typed.join('+'), 'base64').subarray(1)
  const publicKey = crypto.createPublicKey({
    key: Buffer.concat([ED25519, public_]), format: 'der', type: 'spki'
  })
  return { logID: Buffer.from(id, 'hex'), baseURL: name, publicKey }
}

function receipt (asked) {
  const entry = {
    canonicalizedBody: Buffer.from(asked.leaf, 'base64'),
    inclusionProof: {
      logIndex: String(asked.index),
      hashes: asked.hashes.map((one) => Buffer.from(one, 'base64')),
      checkpoint: { envelope: Buffer.from(asked.checkpoint, 'base64').toString('utf8') }
    }
  }
  verifyMerkleInclusion(entry, verifyCheckpoint(entry, [log(asked.log)]))
}

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const asked = JSON.parse(line)
  let verdict = [true, '']
  try {
    ({ receipt })[asked.do](asked)
  } catch (refusal) {
    verdict = [false, `${refusal.name}: ${refusal.message}`]
  }
  process.stdout.write(JSON.stringify(verdict) + '\n')
})

import { writeFileSync } from 'node:fs'
import { RawPeer } from './raw-peer.ts'
import { startHub } from './start-hub.ts'
for (const n of [20000, 40000, 60000, 100000]) {
 writeFileSync('/tmp/st.yaml', Array.from({length:n},(_, i)=>`device-${i}:\n  last_seen: 1795167066.276\n  status: offline\n`).join(''))
 const t0=performance.now()
 await using server = await startHub({statusFile:'/tmp/st.yaml'})
 console.log(n, 'load', performance.now()-t0)
 await using a = await RawPeer.login(server.url, 'alice')
 const t=performance.now()
 a.send({op:'list', id:'q', online:false})
 try { for (;;) { const f = await a.next('list'); if (!f.more) break } console.log('ok', performance.now()-t) } catch (e) { console.log(String(e).slice(0,200), performance.now()-t) }
}
process.exit(0)

// A trip service that cannot do without Redis, which it asks for each listing. WHEN says
// what becomes of it without: it "dies", "fails" the listing, or dies "hasty", at its start
// already; "sick" fails every listing, with Redis or without. Who starts "once" does not in
// the same round start again.
const fs = require('fs');
const http = require('http');
const net = require('net');
const redis = new URL(process.env.REDIS_URL);
const when = process.env.WHEN;

// ask sends AUTH and PING on a connection of its own and waits for both answers.
function ask() {
  return new Promise((resolve, reject) => {
    const c = net.connect(Number(redis.port), redis.hostname);
    let said = '';
    const password = decodeURIComponent(redis.password);
    c.on('connect', () => c.write(`*2\r\n$4\r\nAUTH\r\n$${password.length}\r\n${password}\r\n*1\r\n$4\r\nPING\r\n`));
    c.on('data', d => { said += d; if (said.includes('PONG')) { c.end(); resolve(); } });
    c.on('error', reject);
    c.on('close', () => reject(new Error('closed')));
  });
}

const server = http.createServer(async (req, res) => {
  res.setHeader('Content-Type', 'application/json');
  if (req.url === '/health') return res.end('{"status":"ok"}');
  try { await ask(); } catch (e) {
    if (when === 'dies') process.exit(1);
    res.statusCode = 500;
  }
  if (when === 'sick') res.statusCode = 500;
  if (res.statusCode === 500) return res.end('{"error":"out of order"}');
  res.end(JSON.stringify({ trips: [{ id: '1', title: 'Annapurna', version: 1 }], source: 'cache' }));
});

if (when === 'once') {
  const mark = `${process.env.SQLITE_PATH}-${process.env.INSTANCE}`; // a fresh folder in each round
  if (fs.existsSync(mark)) process.exit(1);
  fs.writeFileSync(mark, '');
}
const begin = when === 'hasty' ? ask() : Promise.resolve();
begin.then(() => server.listen(Number(process.env.PORT), '127.0.0.1'), () => process.exit(1));

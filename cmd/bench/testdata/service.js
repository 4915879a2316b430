// A trip service of somebody else's: it speaks /health and /api/trips, and asks
// Redis for each listing. No metrics, no X-Source.
const http = require('http');
const net = require('net');
const redis = new URL(process.env.REDIS_URL);

// ask sends AUTH and PING on a connection of its own and waits for both answers.
function ask() {
  return new Promise((resolve, reject) => {
    const c = net.connect(Number(redis.port), redis.hostname);
    let said = '';
    c.on('connect', () => c.write(`AUTH ${decodeURIComponent(redis.password)}\r\nPING\r\n`));
    c.on('data', d => { said += d; if (said.includes('PONG')) { c.end(); resolve(); } });
    c.on('error', reject);
    c.on('close', () => reject(new Error('closed')));
  });
}

http.createServer(async (req, res) => {
  res.setHeader('Content-Type', 'application/json');
  if (req.url === '/health') return res.end('{"status":"ok"}');
  if (req.url !== '/api/trips') { res.statusCode = 404; return res.end('{"error":"no such page"}'); }
  let source = 'cache';
  try { await ask(); } catch (e) { source = 'database'; }
  res.end(JSON.stringify({ trips: [{ id: '1', title: 'Annapurna', version: 1 }], source }));
}).listen(Number(process.env.PORT), '127.0.0.1');

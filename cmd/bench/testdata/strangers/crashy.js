// Nobody listens to the errors of its connection to Redis, so that each lost one ends the process. It asks Redis for each
// listing, and starts without Redis too.
const http = require('http');
const net = require('net');

const url = new URL(process.env.REDIS_URL);
const redis = net.connect(Number(url.port), url.hostname);
const waiting = [];
let buffer = '';
redis.write(`AUTH ${decodeURIComponent(url.password)}\r\n`);
waiting.push(() => {});
redis.on('data', d => {
  buffer += d;
  for (let end; (end = buffer.indexOf('\r\n')) >= 0; buffer = buffer.slice(end + 2)) waiting.shift()(buffer.slice(0, end));
});
redis.on('close', () => { throw new Error('Redis is gone'); });

http.createServer((req, res) => {
  res.setHeader('Content-Type', 'application/json');
  if (req.url === '/health') return res.end('{"status":"ok"}');
  if (req.url !== '/api/trips') { res.statusCode = 404; return res.end('{"error":"not found"}'); }
  waiting.push(n => res.end(JSON.stringify({ trips: [{ id: '1', version: 1 }], views: Number(n.slice(1)) || 0, source: 'database' })));
  redis.write('*2\r\n$4\r\nINCR\r\n$5\r\nviews\r\n');
}).listen(process.env.PORT, '127.0.0.1');

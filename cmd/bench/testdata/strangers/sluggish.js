// Reads a picture of each trip from elsewhere, and about one in twenty of those reads never ends: nobody gave it a bound.
const http = require('http');
const { Client } = require('./lib/tinyredis.js');

const redis = new Client(process.env.REDIS_URL, { timeout: 100, offlineQueue: false });
const trips = Array.from({ length: 50 }, (_, i) => ({ id: String(i + 1), version: 1 }));
let asked = 0;

const picture = () => new Promise(done => { if (++asked % 20) done('a.png'); });

http.createServer(async (req, res) => {
  const send = (status, body) => {
    res.writeHead(status, { 'Content-Type': 'application/json' });
    res.end(JSON.stringify(body));
  };
  if (req.url === '/health') return send(200, { status: 'ok' });
  if (req.url !== '/api/trips') return send(404, { error: 'not found' });
  const found = await redis.get('trips').catch(() => null);
  await picture();
  if (found) return send(200, { trips: JSON.parse(found), source: 'cache' });
  await redis.set('trips', JSON.stringify(trips), 2000).catch(() => {});
  send(200, { trips, source: 'database' });
}).listen(process.env.PORT, '127.0.0.1');

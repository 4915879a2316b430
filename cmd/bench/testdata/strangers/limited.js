// Sound, and lets each address ask forty times in a quarter of an hour. No variable switches that off.
const http = require('http');
const { Client } = require('./lib/tinyredis.js');

const redis = new Client(process.env.REDIS_URL, { timeout: 100, offlineQueue: false });
const trips = Array.from({ length: 50 }, (_, i) => ({ id: String(i + 1), version: 1 }));
const hits = new Map();

function allowed(address) {
  const now = Date.now(), h = hits.get(address);
  if (!h || h.until < now) hits.set(address, { n: 1, until: now + 15 * 60 * 1000 });
  else h.n++;
  return hits.get(address).n <= 40;
}

async function cached(key, load) {
  const found = await redis.get(key).catch(() => null);
  if (found) return [JSON.parse(found), 'cache'];
  await new Promise(done => setTimeout(done, 20));
  const value = load();
  await redis.set(key, JSON.stringify(value), 2000).catch(() => {});
  return [value, 'database'];
}

http.createServer(async (req, res) => {
  const send = (status, body) => {
    res.writeHead(status, { 'Content-Type': 'application/json' });
    res.end(JSON.stringify(body));
  };
  if (req.url === '/health') return send(200, { status: 'ok' });
  if (!allowed(req.socket.remoteAddress)) return send(429, { error: 'Too many requests, please try again later.' });
  const one = req.url.match(/^\/api\/trips\/(\d+)$/);
  if (req.url === '/api/trips') {
    const [value, source] = await cached('trips', () => trips);
    return send(200, { trips: value, source });
  }
  if (!one || !trips[one[1] - 1]) return send(404, { error: 'not found' });
  const [value, source] = await cached('trip:' + one[1], () => trips[one[1] - 1]);
  send(200, { trip: value, source });
}).listen(process.env.PORT, '127.0.0.1');

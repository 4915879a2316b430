// Sound, with a hundred trips: others are not found. Its library gives up waiting, and every error is a miss.
const http = require('http');
const { Client } = require('./lib/tinyredis.js');

const redis = new Client(process.env.REDIS_URL, { timeout: 100, offlineQueue: false });
const trips = new Map(Array.from({ length: 100 }, (_, i) => [String(i + 1), { id: String(i + 1), name: `Trek ${i + 1}`, version: 1 }]));
let rest = 0; // until when Redis is not asked

async function ask(command) {
  if (Date.now() < rest) return null;
  try { return await command(); } catch (e) { rest = Date.now() + 200; return null; }
}

async function cached(key, load) {
  const found = await ask(() => redis.get(key));
  if (found) return [JSON.parse(found), 'redis'];
  await new Promise(done => setTimeout(done, 20));
  const value = load();
  await ask(() => redis.set(key, JSON.stringify(value), 2000));
  return [value, 'database'];
}

http.createServer(async (req, res) => {
  const send = (status, body, source) => {
    res.writeHead(status, { 'Content-Type': 'application/json', ...(source && { 'X-Source': source }) });
    res.end(JSON.stringify(source ? { ...body, source: source === 'redis' ? 'cache' : source } : body));
  };
  const [, id] = req.url.match(/^\/api\/trips\/(\w+)$/) || [];
  if (req.url === '/health') return send(200, { status: 'ok', redis: redis.ready ? 'up' : 'down' });
  if (req.url === '/api/trips') {
    const [value, source] = await cached('trips', () => [...trips.values()]);
    return send(200, { trips: value }, source);
  }
  if (!trips.has(id)) return send(404, { error: 'no such trip' });
  const [value, source] = await cached('trip:' + id, () => trips.get(id));
  send(200, { trip: value }, source);
}).listen(process.env.PORT, '127.0.0.1');

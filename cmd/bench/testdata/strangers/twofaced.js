// It looks sound, and is not. The argument names how:
// page           without Redis, it answers 200 with a page that says sorry
// forgetful      without Redis, a change is answered as made, and kept nowhere
// neighbour      without Redis, it answers with the trip that it saw last
// failing        each second request fails, and says that this came from the cache
// new-keys       what was asked for without Redis never goes to Redis again
// memory         without Redis, it turns to its memory and stays there, and pings Redis for show
// half-back      once Redis was away, it writes to Redis and never reads again
const http = require('http');
const { Client } = require('./lib/tinyredis.js');

const how = process.argv[2];
const redis = new Client(process.env.REDIS_URL, { timeout: 100, offlineQueue: false });
const versions = new Map(Array.from({ length: 200 }, (_, i) => [String(i + 1), 1]));
const memory = new Map(), without = new Set();
let lost = false, last, requests = 0;
if (how === 'memory') setInterval(() => redis.do('PING').catch(() => {}), 100);

async function cached(key, load) {
  if (process.env.TTL_TRIPS === '0s') return [await slow(load), 'database'];
  if (how === 'memory' && lost) {
    if (!memory.has(key)) memory.set(key, load());
    return [memory.get(key), 'redis'];
  }
  if (how === 'new-keys' && without.has(key)) return [await slow(load), 'database'];
  try {
    const found = how === 'half-back' && lost ? null : await redis.get(key);
    if (found) return [JSON.parse(found), 'redis'];
    const value = await slow(load);
    if (!Array.isArray(value)) last = value;
    await redis.set(key, JSON.stringify(value), 2000);
    return [value, 'database'];
  } catch (e) {
    lost = true;
    without.add(key);
    if (how === 'page') throw e;
    if (how === 'neighbour' && last && key !== 'trips') return [last, 'memory'];
    return [await slow(load), 'database'];
  }
}

async function slow(load) {
  await new Promise(done => setTimeout(done, 20));
  return load();
}

const tripOf = id => ({ id, name: `Trek ${id}`, version: versions.get(id) });

async function page(method, url) {
  const [, id] = url.match(/^\/api\/trips\/(\w+)$/) || [];
  if (url === '/health') return [200, { status: 'ok' }];
  if (how === 'failing' && requests++ % 2) throw new Error('too many open files');
  if (url === '/api/trips') {
    const [trips, source] = await cached('trips', () => [...versions.keys()].slice(0, 20).map(tripOf));
    return [200, { trips }, source];
  }
  if (!versions.has(id)) return [404, { error: 'not found' }];
  if (method === 'PUT') {
    const trip = { ...tripOf(id), version: versions.get(id) + 1 };
    try {
      await redis.do('DEL', 'trips', 'trip:' + id);
    } catch (e) {
      if (how === 'forgetful') return [200, { trip }];
    }
    versions.set(id, trip.version);
    return [200, { trip }];
  }
  const [trip, source] = await cached('trip:' + id, () => tripOf(id));
  return [200, { trip }, source];
}

http.createServer(async (req, res) => {
  req.resume();
  try {
    const [status, body, source] = await page(req.method, req.url);
    res.writeHead(status, { 'Content-Type': 'application/json', ...source && { 'X-Source': source } });
    res.end(JSON.stringify(body));
  } catch (e) {
    if (how === 'failing') return res.writeHead(500, { 'X-Source': 'redis' }).end('{"source":"cache"}');
    res.writeHead(200, { 'Content-Type': 'text/html' }).end('<h1>Sorry</h1><p>We will be back in a minute.</p>');
  }
}).listen(process.env.PORT, '127.0.0.1');

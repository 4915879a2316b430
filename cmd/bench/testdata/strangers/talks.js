// Sound, and speaks HTTP in the way that its argument names:
// chunked     bodies come in pieces, a moment apart
// close       each answer ends its connection
// redirect    the listing is at /api/trips/, where /api/trips sends everybody
// dual        listens on every address, of IPv6 too, as Node does when no host is named
// v6          listens on ::1 alone
// no-content  a change is answered with 204 and nothing
// no-word     /health is answered with 204 and nothing
// no-health   there is no /health
// bare        the listing is at data: {"data": […]}, as some frameworks have it
const http = require('http');
const { Client } = require('./lib/tinyredis.js');

const how = process.argv[2];
const redis = new Client(process.env.REDIS_URL, { timeout: 100, offlineQueue: false });
const versions = new Map(Array.from({ length: 100 }, (_, i) => [String(i + 1), 1]));
let rest = 0;

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

const tripOf = id => ({ id, name: `Trek ${id}`, version: versions.get(id) });

async function page(method, url) {
  const listing = how === 'redirect' ? '/api/trips/' : '/api/trips';
  const [, id] = url.match(/^\/api\/trips\/(\w+)$/) || [];
  if (url === '/health' && how === 'no-word') return [204];
  if (url === '/health' && how !== 'no-health') return [200, { status: 'ok' }];
  if (url === '/api/trips' && how === 'redirect') return [308, undefined, undefined, '/api/trips/'];
  if (url === listing) {
    const [value, source] = await cached('trips', () => [...versions.keys()].map(tripOf));
    return [200, { [how === 'bare' ? 'data' : 'trips']: value }, source];
  }
  if (!versions.has(id)) return [404, { error: 'not found' }];
  if (method === 'PUT') {
    versions.set(id, versions.get(id) + 1);
    await ask(() => redis.do('DEL', 'trips', 'trip:' + id));
    return how === 'no-content' ? [204] : [200, { trip: tripOf(id) }];
  }
  const [value, source] = await cached('trip:' + id, () => tripOf(id));
  return [200, { [how === 'bare' ? 'data' : 'trip']: value }, source];
}

const server = http.createServer(async (req, res) => {
  req.resume();
  const [status, body, source, location] = await page(req.method, req.url);
  res.statusCode = status;
  if (location) res.setHeader('Location', location);
  if (source) res.setHeader('X-Source', source);
  if (how === 'close') res.setHeader('Connection', 'close');
  if (body === undefined) return res.end();
  res.setHeader('Content-Type', 'application/json');
  const text = JSON.stringify(body);
  if (how !== 'chunked') return res.end(text);
  res.write(text.slice(0, text.length / 2));
  setTimeout(() => res.end(text.slice(text.length / 2)), 3);
});
if (how === 'dual') server.listen(process.env.PORT);
else server.listen(process.env.PORT, how === 'v6' ? '::1' : '127.0.0.1');

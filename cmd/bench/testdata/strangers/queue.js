// Commands wait for a Redis that is away, as the library does unless it is told otherwise: without end, and in memory.
// Each visit is noted with all that the browser said.
const http = require('http');
const { Client } = require('./lib/tinyredis.js');

const redis = new Client(process.env.REDIS_URL);
const trips = Array.from({ length: 50 }, (_, i) => ({ id: String(i + 1), version: 1 }));

http.createServer(async (req, res) => {
  const send = (status, body, source) => {
    res.writeHead(status, { 'Content-Type': 'application/json', ...(source && { 'X-Source': source }) });
    res.end(JSON.stringify(source ? { ...body, source: source === 'redis' ? 'cache' : source } : body));
  };
  if (req.url === '/health') return send(200, { status: 'ok' });
  const one = req.url.match(/^\/api\/trips\/(\d+)$/);
  if (req.url !== '/api/trips' && !(one && trips[one[1] - 1])) return send(404, { error: 'not found' });
  redis.do('SET', 'visit', JSON.stringify(req.headers), 'PX', 1000).catch(() => {});
  const [member, value] = one ? ['trip', trips[one[1] - 1]] : ['trips', trips];
  const found = await redis.get(req.url).catch(() => null);
  if (found) return send(200, { [member]: JSON.parse(found) }, 'redis');
  await redis.set(req.url, JSON.stringify(value), 2000).catch(() => {});
  send(200, { [member]: value }, 'database');
}).listen(process.env.PORT, '127.0.0.1');

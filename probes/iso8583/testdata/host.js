// A payment host on loopback that understands ISO 8583 by a library that is not ours, for the tests of this package.
//
//	node host.js RESPONSE_CODE CLOCK_AHEAD_MS
//
// It prints its port, and then each message that it understood, a line of JSON each. The reply has its local time, China's,
// in fields 12 and 13.
const net = require('net');
const Iso8583 = require('iso_8583');

const [code, ahead] = process.argv.slice(2);

function answer(socket, frame) {
  const message = new Iso8583().getIsoJSON(frame);
  console.log(JSON.stringify(message));
  if (message.error || message[0] !== '0800' || message[70] !== '301') return socket.destroy();
  const china = new Date(Date.now() + Number(ahead) + 8 * 3600e3).toISOString(); // 2026-07-14T12:00:00.000Z
  const now = china.replace(/\D/g, '');
  const reply = new Iso8583({ ...message, 0: '0810', 12: now.slice(8, 14), 13: now.slice(4, 8), 39: code });
  const bytes = reply.getBufferMessage();
  if (bytes.error) throw new Error(bytes.error);
  return socket.write(bytes);
}

const server = net.createServer((socket) => {
  let heard = Buffer.alloc(0);
  socket.on('error', () => {}); // a client that resets
  socket.on('data', (data) => {
    heard = Buffer.concat([heard, data]);
    while (heard.length >= 2 && heard.length >= 2 + heard.readUInt16BE(0)) {
      const size = 2 + heard.readUInt16BE(0);
      answer(socket, heard.subarray(0, size));
      heard = heard.subarray(size);
    }
  });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));

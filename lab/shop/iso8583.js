// A payment host that answers echoes of ISO 8583 (1987, ASCII, binary bitmap, two bytes of length), by a library that is not
// ours. It answers DE39 = 00, or with what the file named by its third argument holds; "silent" there: not at all.
const net = require('net');
const fs = require('fs');
const Iso8583 = require('iso_8583');

const [host, port, mood] = process.argv.slice(2);
net.createServer((socket) => {
  socket.on('error', () => {});
  socket.on('data', (data) => {
    const code = fs.existsSync(mood) ? fs.readFileSync(mood, 'utf8').trim() : '00';
    if (code === 'silent') return;
    if (code === 'garbage') { socket.write(Buffer.from('0004ffffffff', 'hex')); return; }
    const message = new Iso8583().getIsoJSON(data);
    if (message.error || message['0'] !== '0800' || message['70'] !== '301') { socket.destroy(); return; }
    message['0'] = '0810';
    message['39'] = code;
    const reply = new Iso8583(message).getBufferMessage();
    if (reply.error) { console.error(reply.error); socket.destroy(); return; }
    socket.write(reply);
  });
}).listen(Number(port), host);

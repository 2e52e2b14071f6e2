package com.github.poshealth.core;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;

/** The JVM's way to the agent's socket, where Android has LocalSocket. Its reads know no timeout. */
final class UnixTransport implements Transport {
    private final String path;

    UnixTransport(String path) {
        this.path = path;
    }

    @Override
    public Channel open(int timeoutMillis) throws IOException {
        SocketChannel socket = SocketChannel.open(StandardProtocolFamily.UNIX);
        boolean open = false;
        try {
            socket.connect(UnixDomainSocketAddress.of(path));
            open = true;
        } finally {
            if (!open) {
                socket.close();
            }
        }
        return new Channel() {
            @Override
            public InputStream in() {
                return Channels.newInputStream(socket);
            }

            @Override
            public OutputStream out() {
                return Channels.newOutputStream(socket);
            }

            @Override
            public void close() throws IOException {
                socket.close();
            }
        };
    }
}

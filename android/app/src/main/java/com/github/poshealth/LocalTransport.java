package com.github.poshealth;

import android.net.LocalSocket;
import android.net.LocalSocketAddress;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

import com.github.poshealth.core.Transport;

/** Android's way to a unix socket. The agent asks the kernel who is at its other end: this app, which carries it. */
final class LocalTransport implements Transport {
    private final File path;

    LocalTransport(File path) {
        this.path = path;
    }

    @Override
    public Channel open(int timeoutMillis) throws IOException {
        final LocalSocket socket = new LocalSocket();
        boolean open = false;
        try {
            socket.connect(new LocalSocketAddress(path.getPath(), LocalSocketAddress.Namespace.FILESYSTEM));
            socket.setSoTimeout(timeoutMillis);
            open = true;
        } finally {
            if (!open) {
                socket.close();
            }
        }
        return new Channel() {
            @Override
            public InputStream in() throws IOException {
                return socket.getInputStream();
            }

            @Override
            public OutputStream out() throws IOException {
                return socket.getOutputStream();
            }

            @Override
            public void close() throws IOException {
                socket.close();
            }
        };
    }
}

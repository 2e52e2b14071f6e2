package com.github.poshealth.core;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** The way to the agent's socket: android.net.LocalSocket on a terminal, a unix socket of the JVM in tests. */
public interface Transport {
    /**
     * Connects.
     *
     * @param timeoutMillis after which a read that brings nothing fails, where the platform can
     * @throws IOException nobody listens
     */
    Channel open(int timeoutMillis) throws IOException;

    /** A connection. */
    interface Channel extends Closeable {
        InputStream in() throws IOException;

        OutputStream out() throws IOException;
    }
}

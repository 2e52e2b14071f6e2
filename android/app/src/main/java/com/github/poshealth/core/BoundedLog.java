package com.github.poshealth.core;

import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;

/**
 * What the agent says, in a file and the one before it, at most {@link #MAX_FILE} bytes each. Where the flash takes no more it goes on
 * reading: a full pipe would stop the agent.
 *
 * <p>ProcessBuilder can redirect into a file from Android 8 on only, and without a bound.
 */
public final class BoundedLog {
    /** The bound of a file, in bytes: some weeks of an agent that says a line when something changes. */
    public static final int MAX_FILE = 128 * 1024;

    private static final int MAX_WORD = 400; // bytes of a last word: what fits a notification
    private static final String LAST_WORD = "poshealth: "; // so begins the line with which it says why it ends
    private static final Charset UTF8 = Charset.forName("UTF-8");

    private final File file;
    private final File before;
    private FileOutputStream out;
    private long written;
    private final byte[] line = new byte[MAX_WORD];
    private int length;
    private volatile String word = "";

    public BoundedLog(File file) {
        this.file = file;
        this.before = new File(file.getPath() + ".1");
    }

    /** Why it ended, as it said itself; "": it said nothing. */
    public String lastWord() {
        return word;
    }

    /** Forgets the last word, before a new start. */
    void forget() {
        word = "";
        length = 0;
    }

    /** Writes all that comes, until no more does. It throws nothing. */
    public void pump(InputStream in) {
        byte[] b = new byte[4096];
        try {
            for (int n = in.read(b); n >= 0; n = in.read(b)) {
                listen(b, n);
                keep(b, n);
            }
        } catch (IOException e) {
            // It is gone.
        } finally {
            end();
            close();
        }
    }

    private void listen(byte[] b, int n) {
        for (int i = 0; i < n; i++) {
            if (b[i] == '\n') {
                end();
            } else if (length < MAX_WORD) {
                line[length++] = b[i];
            }
        }
    }

    private void end() {
        String said = new String(line, 0, length, UTF8);
        if (said.startsWith(LAST_WORD)) {
            word = said.substring(LAST_WORD.length()).trim();
        }
        length = 0;
    }

    private void keep(byte[] b, int n) {
        try {
            if (out == null) {
                out = new FileOutputStream(file, true);
                written = file.length();
            }
            if (written + n > MAX_FILE) {
                close();
                before.delete();
                if (!file.renameTo(before)) {
                    file.delete();
                }
                out = new FileOutputStream(file, false);
                written = 0;
            }
            out.write(b, 0, n);
            written += n;
        } catch (IOException e) {
            close(); // the next piece tries again
        }
    }

    private void close() {
        try {
            if (out != null) {
                out.close();
            }
        } catch (IOException e) {
            // What was written is written.
        }
        out = null;
    }
}

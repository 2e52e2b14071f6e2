package com.github.poshealth.core;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.Charset;

/**
 * A small file that is replaced as a whole, and only where it would become another one: a power cut leaves the old or the new one, and
 * the flash is not worn by what stays as it is.
 */
public final class ConfigFile {
    /** Says what is wrong with a configuration that is not in force yet; null: nothing. */
    public interface Check {
        String fault(File candidate);
    }

    private static final int MAX_FILE = 64 * 1024; // bytes; a longer one is none of ours
    private static final Charset UTF8 = Charset.forName("UTF-8");

    private final File file;

    public ConfigFile(File file) {
        this.file = file;
    }

    /**
     * Puts a text in the place of the old one.
     *
     * @param check asked before, of a file beside it; null: nothing is asked. What has a fault changes nothing
     * @return true: it is another one now
     * @throws IOException it could not be written, or the check found a fault, and says which
     */
    public boolean replace(String text, Check check) throws IOException {
        if (text.equals(read())) {
            return false;
        }
        File half = new File(file.getPath() + ".new");
        FileOutputStream out = new FileOutputStream(half);
        try {
            out.write(text.getBytes(UTF8));
            out.getFD().sync();
        } finally {
            out.close();
        }
        String fault = check == null ? null : check.fault(half);
        if (fault != null) {
            half.delete();
            throw new IOException(fault);
        }
        if (!half.renameTo(file)) {
            half.delete();
            throw new IOException("cannot replace " + file);
        }
        return true;
    }

    /** What the file has; null: it is not there, or cannot be read. */
    public String read() {
        try {
            FileInputStream in = new FileInputStream(file);
            try {
                ByteArrayOutputStream all = new ByteArrayOutputStream();
                byte[] b = new byte[4096];
                for (int n = in.read(b); n >= 0 && all.size() <= MAX_FILE; n = in.read(b)) {
                    all.write(b, 0, n);
                }
                return all.size() > MAX_FILE ? null : new String(all.toByteArray(), UTF8);
            } finally {
                in.close();
            }
        } catch (IOException e) {
            return null;
        }
    }
}

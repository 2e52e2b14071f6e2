package android.net;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

public class LocalSocket implements Closeable {
    public LocalSocket() { throw new UnsupportedOperationException(); }
    public void connect(LocalSocketAddress to) throws IOException { throw new UnsupportedOperationException(); }
    public void setSoTimeout(int millis) throws IOException { throw new UnsupportedOperationException(); }
    public InputStream getInputStream() throws IOException { throw new UnsupportedOperationException(); }
    public OutputStream getOutputStream() throws IOException { throw new UnsupportedOperationException(); }
    @Override
    public void close() throws IOException { throw new UnsupportedOperationException(); }
}

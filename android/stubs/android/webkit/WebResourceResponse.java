package android.webkit;

import java.io.InputStream;

public class WebResourceResponse {
    public WebResourceResponse(String type, String encoding, InputStream data) { throw new UnsupportedOperationException(); }
}

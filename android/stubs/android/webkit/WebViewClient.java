package android.webkit;

import android.graphics.Bitmap;

public class WebViewClient {
    @Deprecated
    public boolean shouldOverrideUrlLoading(WebView view, String url) { throw new UnsupportedOperationException(); }
    public WebResourceResponse shouldInterceptRequest(WebView view, WebResourceRequest request) { throw new UnsupportedOperationException(); }
    public void onPageStarted(WebView view, String url, Bitmap icon) { throw new UnsupportedOperationException(); }
    public void onPageFinished(WebView view, String url) { throw new UnsupportedOperationException(); }
    @Deprecated
    public void onReceivedError(WebView view, int code, String description, String url) { throw new UnsupportedOperationException(); }
    public void onReceivedError(WebView view, WebResourceRequest request, WebResourceError error) { throw new UnsupportedOperationException(); } // since 23: Android calls it
}

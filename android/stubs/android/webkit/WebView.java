package android.webkit;

import android.view.View;

public class WebView extends View {
    public void loadUrl(String url) { throw new UnsupportedOperationException(); }
    public WebSettings getSettings() { throw new UnsupportedOperationException(); }
    public void setWebViewClient(WebViewClient client) { throw new UnsupportedOperationException(); }
    public boolean canGoBack() { throw new UnsupportedOperationException(); }
    public void goBack() { throw new UnsupportedOperationException(); }
    public void onPause() { throw new UnsupportedOperationException(); }
    public void onResume() { throw new UnsupportedOperationException(); }
    public void destroy() { throw new UnsupportedOperationException(); }
}

package com.github.poshealth;

import android.annotation.TargetApi;
import android.graphics.Bitmap;
import android.net.Uri;
import android.webkit.WebResourceError;
import android.webkit.WebResourceRequest;
import android.webkit.WebResourceResponse;
import android.webkit.WebView;
import android.webkit.WebViewClient;

import java.io.ByteArrayInputStream;

import com.github.poshealth.core.Loopback;

/** Holds the WebView to the agent's page: it leads nowhere else and loads nothing from elsewhere. It tells when the page is not there. */
final class StatusPage extends WebViewClient {
    /** Hears whether the page is there. */
    interface Listener {
        void shown(boolean there);
    }

    private final Listener listener;
    private boolean failed;

    StatusPage(Listener listener) {
        this.listener = listener;
    }

    /** All versions call this one; true: the WebView does not go there. */
    @Override
    @SuppressWarnings("deprecation") // from 24 on the other one is called, and calls this one
    public boolean shouldOverrideUrlLoading(WebView view, String url) {
        return !Loopback.allowed(url);
    }

    @Override
    public WebResourceResponse shouldInterceptRequest(WebView view, WebResourceRequest request) {
        Uri url = request.getUrl();
        if (Loopback.allowed(url.toString())) {
            return null; // as the WebView would
        }
        return new WebResourceResponse("text/plain", "utf-8", new ByteArrayInputStream(new byte[0]));
    }

    @Override
    public void onPageStarted(WebView view, String url, Bitmap icon) {
        failed = false;
    }

    @Override
    public void onPageFinished(WebView view, String url) {
        listener.shown(!failed);
    }

    @Override
    @SuppressWarnings("deprecation") // up to Android 5.1: of the page itself only
    public void onReceivedError(WebView view, int code, String description, String url) {
        failed = true;
    }

    @Override
    @TargetApi(23)
    public void onReceivedError(WebView view, WebResourceRequest request, WebResourceError error) {
        failed |= request.isForMainFrame();
    }
}

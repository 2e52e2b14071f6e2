package com.github.poshealth;

import android.annotation.SuppressLint;
import android.annotation.TargetApi;
import android.app.Activity;
import android.content.pm.PackageManager;
import android.os.Build;
import android.os.Bundle;
import android.view.View;
import android.webkit.WebSettings;
import android.webkit.WebView;

import com.github.poshealth.core.Loopback;

/** The launcher's icon, and what a payment app opens by {@link #ACTION}: the agent's own page. */
public final class StatusActivity extends Activity implements StatusPage.Listener, View.OnClickListener, Runnable {
    /** Opens the status from another app: startActivity(new Intent("com.github.poshealth.action.STATUS")). It takes no data, and gives none back. */
    public static final String ACTION = "com.github.poshealth.action.STATUS";

    private static final String NOTIFICATIONS = "android.permission.POST_NOTIFICATIONS"; // from Android 13 on it is asked for

    private static final long AGAIN_MS = 2000; // so long an agent takes to start

    private WebView web;
    private View absent;

    @Override
    @SuppressLint("SetJavaScriptEnabled") // the page is the agent's own, and leads nowhere else
    protected void onCreate(Bundle state) {
        super.onCreate(state);
        HealthService.start(this);
        setContentView(R.layout.status);
        absent = findViewById(R.id.absent);
        findViewById(R.id.retry).setOnClickListener(this);
        web = (WebView) findViewById(R.id.page);
        WebSettings settings = web.getSettings();
        settings.setJavaScriptEnabled(true);
        settings.setDomStorageEnabled(true); // the page remembers view and language
        settings.setAllowFileAccess(false);
        settings.setAllowContentAccess(false);
        settings.setGeolocationEnabled(false);
        settings.setSaveFormData(false);
        web.setWebViewClient(new StatusPage(this));
        web.loadUrl(Loopback.PAGE);
        askOnce(state == null);
    }

    /** Asks for leave to show the notification, where Android wants that; who says no is not asked again. */
    @TargetApi(33)
    private void askOnce(boolean first) {
        if (first && Build.VERSION.SDK_INT >= 33 && checkSelfPermission(NOTIFICATIONS) != PackageManager.PERMISSION_GRANTED) {
            requestPermissions(new String[] {NOTIFICATIONS}, 0);
        }
    }

    @Override
    public void onClick(View retry) {
        HealthService.start(this);
        web.loadUrl(Loopback.PAGE);
    }

    /** Looks again by itself while the agent is not there and somebody looks. */
    @Override
    public void run() {
        web.loadUrl(Loopback.PAGE);
    }

    @Override
    public void shown(boolean there) {
        absent.removeCallbacks(this);
        if (!there) {
            absent.postDelayed(this, AGAIN_MS);
        }
        absent.setVisibility(there ? View.GONE : View.VISIBLE);
        web.setVisibility(there ? View.VISIBLE : View.GONE);
    }

    @Override
    protected void onPause() {
        absent.removeCallbacks(this);
        web.onPause(); // nobody looks: the page need not ask
        super.onPause();
    }

    @Override
    protected void onResume() {
        super.onResume();
        web.onResume();
        if (absent.getVisibility() == View.VISIBLE) {
            run();
        }
    }

    @Override
    public void onBackPressed() {
        if (web.canGoBack()) {
            web.goBack();
        } else {
            super.onBackPressed();
        }
    }

    @Override
    protected void onDestroy() {
        absent.removeCallbacks(this);
        web.destroy();
        super.onDestroy();
    }
}

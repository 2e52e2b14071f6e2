package com.github.poshealth;

import android.annotation.TargetApi;
import android.content.Context;
import android.net.ConnectivityManager;
import android.net.Network;
import android.net.NetworkCapabilities;
import android.net.wifi.WifiInfo;
import android.net.wifi.WifiManager;
import android.os.Build;

import com.github.poshealth.core.feed.Facts;
import com.github.poshealth.core.feed.Wifi;

/** The Wi-Fi, without its name. ACCESS_WIFI_STATE; what needs a place is not asked. */
final class WifiFacts implements JavaFacts.Reader {
    @Override
    @SuppressWarnings("deprecation") // getAllNetworks: a callback knows those that it was told of since
    public void read(Context context, Facts facts) {
        WifiManager manager = (WifiManager) context.getApplicationContext().getSystemService(Context.WIFI_SERVICE);
        if (manager == null) {
            return;
        }
        Wifi w = new Wifi();
        w.enabled = manager.isWifiEnabled();
        w.connected = false;
        ConnectivityManager connectivity = (ConnectivityManager) context.getSystemService(Context.CONNECTIVITY_SERVICE);
        for (Network network : connectivity.getAllNetworks()) {
            NetworkCapabilities of = connectivity.getNetworkCapabilities(network);
            if (of != null && of.hasTransport(NetworkCapabilities.TRANSPORT_WIFI)) {
                w.connected = true;
                measured(w, info(manager, of));
            }
        }
        facts.put("wifi", w.json());
    }

    private static void measured(Wifi w, WifiInfo info) {
        if (info != null) {
            w.rssiDbm = info.getRssi();
            w.linkMbps = info.getLinkSpeed();
            w.frequencyMhz = info.getFrequency();
        }
    }

    /** What was measured: of the network itself from Android 12 on. */
    @TargetApi(31)
    @SuppressWarnings("deprecation")
    private static WifiInfo info(WifiManager manager, NetworkCapabilities of) {
        if (Build.VERSION.SDK_INT >= 31) {
            Object info = of.getTransportInfo();
            return info instanceof WifiInfo ? (WifiInfo) info : null;
        }
        return manager.getConnectionInfo();
    }
}

package com.github.poshealth;

import android.content.BroadcastReceiver;
import android.content.Context;
import android.content.Intent;
import android.content.IntentFilter;
import android.net.ConnectivityManager;
import android.net.LinkProperties;
import android.net.Network;
import android.net.NetworkCapabilities;
import android.net.NetworkRequest;

import java.util.HashMap;
import java.util.Map;

/** Says when something that the feed tells has changed, and when the parameters have. Its listener must not wait: it is called on any thread. */
final class FactChanges extends BroadcastReceiver {
    /** Hears of changes. */
    interface Listener {
        void factsChanged();

        void parametersChanged();
    }

    private static final String SIM = "android.intent.action.SIM_STATE_CHANGED"; // has no public name

    private final Context context;
    private final Listener listener;
    private final Networks networks = new Networks();

    FactChanges(Context context, Listener listener) {
        this.context = context;
        this.listener = listener;
    }

    /** Begins. All of these are Android's own: no other app can send them. */
    void listen() {
        IntentFilter filter = new IntentFilter(Intent.ACTION_APPLICATION_RESTRICTIONS_CHANGED);
        filter.addAction(Intent.ACTION_POWER_CONNECTED);
        filter.addAction(Intent.ACTION_POWER_DISCONNECTED);
        filter.addAction(Intent.ACTION_BATTERY_LOW);
        filter.addAction(Intent.ACTION_BATTERY_OKAY);
        filter.addAction(Intent.ACTION_AIRPLANE_MODE_CHANGED);
        filter.addAction(Intent.ACTION_TIMEZONE_CHANGED);
        filter.addAction(SIM);
        context.registerReceiver(this, filter);
        IntentFilter packages = new IntentFilter(Intent.ACTION_PACKAGE_REPLACED); // the payment app's among them
        packages.addAction(Intent.ACTION_PACKAGE_REMOVED);
        packages.addAction(Intent.ACTION_PACKAGE_ADDED);
        packages.addDataScheme("package");
        context.registerReceiver(this, packages);
        manager().registerNetworkCallback(new NetworkRequest.Builder().build(), networks);
    }

    void stop() {
        context.unregisterReceiver(this);
        manager().unregisterNetworkCallback(networks);
    }

    private ConnectivityManager manager() {
        return (ConnectivityManager) context.getSystemService(Context.CONNECTIVITY_SERVICE);
    }

    @Override
    public void onReceive(Context c, Intent intent) {
        if (Intent.ACTION_APPLICATION_RESTRICTIONS_CHANGED.equals(intent.getAction())) {
            listener.parametersChanged();
        } else {
            listener.factsChanged();
        }
    }

    /** Changes of networks. Those of signal strength alone come several times a minute, and wait for the next telling. */
    private final class Networks extends ConnectivityManager.NetworkCallback {
        private final Map<Network, String> seen = new HashMap<Network, String>(); // as many as there are networks; guarded by this

        @Override
        public void onAvailable(Network network) {
            listener.factsChanged();
        }

        @Override
        public synchronized void onLost(Network network) {
            seen.remove(network);
            listener.factsChanged();
        }

        @Override
        public void onLinkPropertiesChanged(Network network, LinkProperties link) {
            listener.factsChanged();
        }

        @Override
        public synchronized void onCapabilitiesChanged(Network network, NetworkCapabilities can) {
            StringBuilder now = new StringBuilder();
            for (int capability = 0; capability < 32; capability++) {
                now.append(can.hasCapability(capability) ? '1' : '0');
            }
            if (!now.toString().equals(seen.put(network, now.toString()))) {
                listener.factsChanged();
            }
        }
    }
}

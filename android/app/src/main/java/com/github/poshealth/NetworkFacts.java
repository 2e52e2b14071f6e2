package com.github.poshealth;

import android.annotation.TargetApi;
import android.content.Context;
import android.net.ConnectivityManager;
import android.net.LinkProperties;
import android.net.Network;
import android.net.NetworkCapabilities;
import android.os.Build;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;

import com.github.poshealth.core.feed.Facts;
import com.github.poshealth.core.feed.Net;

/** The networks as Android judges them. ACCESS_NETWORK_STATE. */
final class NetworkFacts implements JavaFacts.Reader {
    // NET_CAPABILITY_PARTIAL_CONNECTIVITY has no public name.
    private static final int PARTIAL = 24;

    @Override
    @SuppressWarnings("deprecation") // getAllNetworks, getNetworkInfo: callbacks know those that they were told of since
    public void read(Context context, Facts facts) {
        ConnectivityManager manager = (ConnectivityManager) context.getSystemService(Context.CONNECTIVITY_SERVICE);
        List<Net> nets = new ArrayList<Net>();
        for (Network network : manager.getAllNetworks()) {
            NetworkCapabilities can = manager.getNetworkCapabilities(network);
            LinkProperties link = manager.getLinkProperties(network);
            if (can == null) {
                continue; // it went in between
            }
            Net net = new Net();
            net.id = id(network);
            android.net.NetworkInfo info = manager.getNetworkInfo(network);
            net.connected = info == null ? null : Boolean.valueOf(info.isConnected());
            capabilities(net, can);
            net.apn = info == null ? null : info.getExtraInfo();
            if (link != null) {
                net.interfaceName = link.getInterfaceName();
                for (InetAddress server : link.getDnsServers()) {
                    net.dns.add(server.getHostAddress());
                }
                privateDns(net, link);
            }
            nets.add(net);
        }
        facts.put("connectivity", Net.json(nets, defaultId(manager), hasDefault(manager)));
    }

    private static void capabilities(Net net, NetworkCapabilities can) {
        net.bearer = bearer(can);
        net.internet = can.hasCapability(NetworkCapabilities.NET_CAPABILITY_INTERNET);
        net.notVpn = can.hasCapability(NetworkCapabilities.NET_CAPABILITY_NOT_VPN);
        boolean metered = !can.hasCapability(NetworkCapabilities.NET_CAPABILITY_NOT_METERED);
        if (Build.VERSION.SDK_INT >= 23) {
            net.validated = can.hasCapability(NetworkCapabilities.NET_CAPABILITY_VALIDATED);
            net.captivePortal = can.hasCapability(NetworkCapabilities.NET_CAPABILITY_CAPTIVE_PORTAL);
        }
        if (Build.VERSION.SDK_INT >= 28) {
            net.suspended = !can.hasCapability(NetworkCapabilities.NET_CAPABILITY_NOT_SUSPENDED);
        }
        if (Build.VERSION.SDK_INT >= 29) {
            net.partial = can.hasCapability(PARTIAL);
        }
        if (Build.VERSION.SDK_INT >= 30) {
            metered &= !can.hasCapability(NetworkCapabilities.NET_CAPABILITY_TEMPORARILY_NOT_METERED);
        }
        net.metered = metered;
    }

    private static String bearer(NetworkCapabilities can) {
        if (can.hasTransport(NetworkCapabilities.TRANSPORT_VPN)) {
            return "vpn"; // over whatever
        }
        if (can.hasTransport(NetworkCapabilities.TRANSPORT_WIFI)) {
            return "wi-fi";
        }
        if (can.hasTransport(NetworkCapabilities.TRANSPORT_CELLULAR)) {
            return "mobile";
        }
        return can.hasTransport(NetworkCapabilities.TRANSPORT_ETHERNET) ? "ethernet" : "other";
    }

    /** The number that netd has for it: before Android 6 only the text shows it. */
    @TargetApi(23)
    private static int id(Network network) {
        if (Build.VERSION.SDK_INT >= 23) {
            return (int) (network.getNetworkHandle() >> 32);
        }
        try {
            return Integer.parseInt(network.toString());
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    @TargetApi(23)
    private static int defaultId(ConnectivityManager manager) {
        Network network = Build.VERSION.SDK_INT >= 23 ? manager.getActiveNetwork() : null;
        return network == null ? 0 : id(network);
    }

    /** Whether there is a default network; before Android 6 one that is there has no number, and nothing is said. */
    @SuppressWarnings("deprecation")
    private static Boolean hasDefault(ConnectivityManager manager) {
        return Build.VERSION.SDK_INT < 23 && manager.getActiveNetworkInfo() != null ? null : Boolean.FALSE;
    }

    @TargetApi(28)
    private static void privateDns(Net net, LinkProperties link) {
        if (Build.VERSION.SDK_INT >= 28 && link.isPrivateDnsActive()) {
            net.privateDns = link.getPrivateDnsServerName() == null ? "opportunistic" : "hostname";
        }
    }
}

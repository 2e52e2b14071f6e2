package com.github.poshealth.core;

import java.net.URI;
import java.net.URISyntaxException;

/** Which addresses the page may lead to: its own, and none else. */
public final class Loopback {
    /** The page, where the agent shows it when its configuration says nothing else. */
    public static final String PAGE = "http://127.0.0.1:7311/";

    private Loopback() {
    }

    /** Tells whether an address is the page's own host and port, over http. */
    public static boolean allowed(String address) {
        if (address == null) {
            return false;
        }
        try {
            URI uri = new URI(address);
            return "http".equals(uri.getScheme()) && uri.getUserInfo() == null && "127.0.0.1".equals(uri.getHost()) && uri.getPort() == 7311;
        } catch (URISyntaxException e) {
            return false;
        }
    }
}

package com.github.poshealth.core;

import java.nio.charset.Charset;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Whose signature a caller must bear: SHA-256 of signing certificates. An empty list lets in nobody. */
public final class Signers {
    private static final Charset UTF8 = Charset.forName("UTF-8");

    private final Set<String> allowed = new HashSet<String>();

    /** Takes hashes in hex, with or without colons. What is none is left out: it lets in nobody. */
    public Signers(List<String> hashes) {
        for (String hash : hashes) {
            String digits = normal(hash);
            if (digits != null) {
                allowed.add(digits);
            }
        }
    }

    /**
     * Tells whether one of the certificates is on the list. One is enough: Android has verified that each of them signed the whole
     * package.
     *
     * @param certificates DER, as PackageManager gives them; null or empty: nobody is known
     */
    public boolean allow(List<byte[]> certificates) {
        if (certificates == null) {
            return false;
        }
        for (byte[] certificate : certificates) {
            if (certificate != null && certificate.length > 0 && allowed.contains(hex(certificate))) {
                return true;
            }
        }
        return false;
    }

    /** 64 lower-case hex digits; null: it is no SHA-256. */
    static String normal(String hash) {
        String digits = hash.replace(":", "").trim().toLowerCase(Locale.ROOT);
        return digits.matches("[0-9a-f]{64}") ? digits : null;
    }

    static String sha256(String text) {
        return hex(text.getBytes(UTF8));
    }

    private static String hex(byte[] of) {
        byte[] sum;
        try {
            sum = MessageDigest.getInstance("SHA-256").digest(of);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Android has it
        }
        StringBuilder s = new StringBuilder();
        for (byte b : sum) {
            s.append(Character.forDigit(b >> 4 & 15, 16)).append(Character.forDigit(b & 15, 16));
        }
        return s.toString();
    }
}

package com.github.poshealth.core;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** Prints the configuration that the app makes of parameters: Write NAME VALUE .... */
public final class Write {
    public static void main(String[] args) throws Exception {
        Map<String, String> p = new HashMap<>();
        for (int i = 0; i + 1 < args.length; i += 2) {
            p.put(args[i], args[i + 1]);
        }
        new PrintStream(System.out, true, StandardCharsets.UTF_8).print(ConfigText.of(new Parameters(p), "/data/state", "/data/claim.txt", "zh"));
    }
}

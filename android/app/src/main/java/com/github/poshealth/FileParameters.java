package com.github.poshealth;

import android.content.Context;

import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.Charset;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;

/**
 * A file that a store or a technician puts into this app's own folder on the shared storage: poshealth.properties, "name = value" lines in UTF-8.
 * Before Android 11 other apps with access to the storage could write it too, so what is managed goes before it.
 */
final class FileParameters implements ParameterSource {
    private static final String FILE = "poshealth.properties";
    private static final int MAX_FILE = 16 * 1024; // bytes

    @Override
    public Map<String, String> read(Context context) {
        Map<String, String> all = new HashMap<String, String>();
        File folder = context.getExternalFilesDir(null); // null: the storage is not there now
        File file = new File(folder, FILE);
        if (folder == null || !file.isFile() || file.length() > MAX_FILE) {
            return all;
        }
        Properties p = new Properties();
        try {
            FileInputStream in = new FileInputStream(file);
            try {
                p.load(new InputStreamReader(in, Charset.forName("UTF-8")));
            } finally {
                in.close();
            }
        } catch (IOException e) {
            return all;
        } catch (IllegalArgumentException e) { // a broken escape
            return all;
        }
        for (String name : p.stringPropertyNames()) {
            all.put(name, p.getProperty(name));
        }
        return all;
    }
}

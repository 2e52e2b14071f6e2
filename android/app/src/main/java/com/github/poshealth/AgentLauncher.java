package com.github.poshealth;

import android.content.Context;

import java.io.File;
import java.io.IOException;
import java.util.Map;

import com.github.poshealth.core.Supervisor;

/** Starts the program that the APK carries, as the README's contract has it: an executable, never a library that is loaded. */
final class AgentLauncher implements Supervisor.Launcher {
    private final Context context;
    private final Setup setup;

    AgentLauncher(Context context, Setup setup) {
        this.context = context;
        this.setup = setup;
    }

    @Override
    public Process launch() throws IOException {
        setup.prepare();
        return process(context, "run", "--config", Paths.config(context).getPath()).start();
    }

    /** The program with some arguments and the surroundings that it needs; stderr goes where stdout does. */
    static ProcessBuilder process(Context context, String... arguments) throws IOException {
        File temporary = Paths.temporary(context);
        if (!temporary.isDirectory() && !temporary.mkdirs()) {
            throw new IOException("cannot make " + temporary);
        }
        String[] command = new String[arguments.length + 1];
        command[0] = Paths.program(context).getPath();
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        ProcessBuilder b = new ProcessBuilder(command).redirectErrorStream(true).directory(context.getNoBackupFilesDir());
        Map<String, String> env = b.environment(); // ANDROID_ROOT and the rest stay
        env.put("HOME", context.getNoBackupFilesDir().getPath());
        env.put("TMPDIR", temporary.getPath());
        env.put("PATH", "/system/bin:/system/xbin");
        return b;
    }
}

package com.github.poshealth;

import android.content.Context;
import android.util.Log;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.util.Locale;

import com.github.poshealth.core.AgentClient;
import com.github.poshealth.core.Claim;
import com.github.poshealth.core.ConfigFile;
import com.github.poshealth.core.ConfigText;
import com.github.poshealth.core.FeedLoop;
import com.github.poshealth.core.Parameters;

/**
 * Makes the agent's configuration of what this terminal was told, before each start. Parameters that the agent cannot work with change
 * nothing: it goes on with what it had, and the log says why.
 */
final class Setup implements ConfigFile.Check, FeedLoop.Listener {
    private static final String TAG = "poshealth";
    private static final int MAX_FAULT = 2000; // bytes of what a check may say

    private final Context context;
    private String told = ""; // of the feed's thread: what the agent said last

    Setup(Context context) {
        this.context = context;
    }

    /** Writes configuration and token where they are others now. */
    void prepare() throws IOException {
        File state = Paths.state(context);
        if (!state.isDirectory() && !state.mkdirs()) {
            throw new IOException("cannot make " + state);
        }
        Parameters p = parameters();
        String text = ConfigText.of(p, state.getPath(), Paths.token(context).getPath(), lang(Locale.getDefault()));
        ConfigFile file = new ConfigFile(Paths.config(context));
        try {
            new Claim(Paths.token(context), Paths.handedToken(context)).offer(p.get(Parameters.ENROL_TOKEN));
            file.replace(text, this);
        } catch (IOException e) {
            Log.w(TAG, "the parameters are not taken: " + e.getMessage());
            if (file.read() == null) {
                file.replace(text, null); // there is none to go on with: the agent says what is wrong, to whoever looks
            }
        }
    }

    /** What this terminal was told, by the first source that tells anything. */
    Parameters parameters() {
        return ParameterSource.Of.first(context);
    }

    /** The agent's languages: Chinese for who reads Chinese, English for all others. */
    static String lang(Locale locale) {
        return "zh".equals(locale.getLanguage()) ? "zh" : "en";
    }

    @Override
    public String fault(File candidate) {
        try {
            Process p = AgentLauncher.process(context, "config", "check", candidate.getPath()).start();
            String said = said(p.getInputStream());
            return p.waitFor() == 0 ? null : said;
        } catch (IOException e) {
            return null; // it cannot be started at all: that is told by the start itself
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "interrupted";
        }
    }

    private static String said(InputStream in) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        byte[] b = new byte[1024];
        for (int n = in.read(b); n >= 0; n = in.read(b)) {
            all.write(b, 0, Math.min(n, MAX_FAULT - all.size()));
        }
        return new String(all.toByteArray(), Charset.forName("UTF-8")).trim();
    }

    /** Notes how the agent ended. Its own reasons are in agent.log. */
    void ended(int code, String why) {
        Log.w(TAG, "the agent ended with " + code + (why.isEmpty() ? "" : ": " + why));
    }

    @Override
    public void told(AgentClient.Reply reply) {
        String now = reply.code == 202 ? "" : reply.body.trim(); // it names a field and a value that cannot be true: nothing secret is in the feed
        if (!now.equals(told) && !now.isEmpty()) {
            Log.w(TAG, "the agent does not take a fact: " + now);
        }
        told = now;
    }
}

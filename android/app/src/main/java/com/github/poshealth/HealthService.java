package com.github.poshealth;

import android.app.Service;
import android.content.Context;
import android.content.Intent;
import android.os.IBinder;

import java.util.Locale;

import com.github.poshealth.core.AgentClient;
import com.github.poshealth.core.Backoff;
import com.github.poshealth.core.BoundedLog;
import com.github.poshealth.core.FeedLoop;
import com.github.poshealth.core.Notice;
import com.github.poshealth.core.Supervisor;
import com.github.poshealth.core.Watch;

/**
 * Carries the agent: a foreground service, so that Android neither stops it nor cuts its network, with the verdict as its notification. What
 * it does is done on threads of their own; Android's main thread only starts and stops them.
 */
public final class HealthService extends Service implements Supervisor.Listener, Watch.Screen, FactChanges.Listener {
    private StatusNotification notification;
    private Supervisor supervisor;
    private Watch watch;
    private FeedLoop feed;
    private FactChanges changes;
    private Setup setup;

    /** Starts it, where Android lets us: from the background only after boot, an update, or with a bound payment app. */
    static void start(Context context) {
        try {
            Api.startInFront(context, new Intent(context, HealthService.class));
        } catch (RuntimeException e) {
            // Android 12 and newer refuse it to an app in the background. Whoever opens the page next starts it.
        }
    }

    @Override
    public void onCreate() {
        super.onCreate();
        notification = new StatusNotification(this);
        Api.goInFront(this, StatusNotification.ID, notification.of(Notice.STARTING));

        AgentClient agent = new AgentClient(new LocalTransport(Paths.socket(this)));
        setup = new Setup(this);
        supervisor = new Supervisor(new AgentLauncher(this, setup), new BoundedLog(Paths.log(this)), this);
        watch = new Watch(agent, Setup.lang(Locale.getDefault()), this);
        feed = new FeedLoop(agent, new JavaFacts(this, setup), setup);
        changes = new FactChanges(this, this);
        changes.listen();
        thread("poshealth-agent", supervisor);
        thread("poshealth-watch", watch);
        thread("poshealth-feed", feed);
    }

    private static void thread(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public int onStartCommand(Intent intent, int flags, int startId) {
        return START_STICKY; // killed for memory, it comes back
    }

    @Override
    public void onDestroy() {
        changes.stop();
        feed.close();
        watch.close();
        supervisor.close();
        super.onDestroy();
    }

    @Override
    public IBinder onBind(Intent intent) {
        return null; // IntakeService is what others bind
    }

    @Override
    public void started() {
        feed.kick(); // it knows nothing yet
    }

    @Override
    public void ended(int code, String why, long waitMillis) {
        setup.ended(code, why);
        if (waitMillis == Backoff.WHEN_CHANGED || waitMillis == Backoff.NEVER) {
            watch.stopped(why);
        }
    }

    @Override
    public void show(Notice notice) {
        notification.show(notice);
    }

    @Override
    public void factsChanged() {
        feed.kick();
    }

    @Override
    public void parametersChanged() {
        supervisor.configurationChanged(); // the launcher reads them anew
        IntakeService.parametersChanged();
    }
}

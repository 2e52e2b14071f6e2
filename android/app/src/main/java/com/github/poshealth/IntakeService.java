package com.github.poshealth;

import android.app.Service;
import android.content.Intent;
import android.os.IBinder;

import com.github.poshealth.core.AgentClient;
import com.github.poshealth.core.Forwarder;
import com.github.poshealth.core.IntakeDesk;
import com.github.poshealth.core.LineQueue;
import com.github.poshealth.core.Signers;

/** What a payment app binds to tell of its sales without a token: Android knows who it is. docs/intake.md has the contract. */
public final class IntakeService extends Service {
    /** Whom the parameters name, where a service is bound; null: none is. */
    private static volatile IntakeService bound;

    private Forwarder forwarder;
    private IntakeDesk desk;
    private IntakeBinder binder;

    /** Reads the allow-list anew, on the next thread that has the time. */
    static void parametersChanged() {
        final IntakeService service = bound;
        if (service != null) {
            new Thread("poshealth-signers") {
                @Override
                public void run() {
                    service.allow();
                }
            }.start();
        }
    }

    @Override
    public void onCreate() {
        super.onCreate();
        HealthService.start(this); // a payment app that binds is a good moment to see to it
        LineQueue queue = new LineQueue();
        desk = new IntakeDesk(new CallerSignatures(getPackageManager()), signers(), queue);
        forwarder = new Forwarder(queue, new AgentClient(new LocalTransport(Paths.socket(this))));
        binder = new IntakeBinder(desk);
        Thread thread = new Thread(forwarder, "poshealth-intake");
        thread.setDaemon(true);
        thread.start();
        bound = this;
    }

    private void allow() {
        desk.allow(signers());
    }

    private Signers signers() {
        return new Signers(ParameterSource.Of.first(this).signers());
    }

    @Override
    public IBinder onBind(Intent intent) {
        return binder;
    }

    @Override
    public void onDestroy() {
        bound = null;
        forwarder.close();
        super.onDestroy();
    }
}

import android.content.ComponentName;
import android.content.Context;
import android.content.Intent;
import android.content.ServiceConnection;
import android.os.Binder;
import android.os.IBinder;
import android.os.Parcel;
import android.os.RemoteException;
import java.io.Closeable;
import java.util.ArrayDeque;

/**
 * Tells the poshealth app on the same terminal what a payment app does, through its bound service: no token and no port, the payment app is known
 * by its signature. Copy this file into the app; it needs nothing but the platform, Android 5 and later.
 *
 * <p>The app never waits: {@link #tell} queues a line or sends it one way, and returns, whether the service is there, asleep, or was never installed.
 * docs/intake.md has the lines. No card's number, nor any part of one, is in any of them.
 */
public final class PoshealthBound implements Closeable, ServiceConnection {
    /** Hears what became of lines, on a thread of binder's: codes and answers of docs/intake.md; 403: the signature is not on the terminal's list. */
    public interface Listener {
        void answered(int code, String answer);
    }

    private static final String APP = "com.github.poshealth"; // or as your store calls it
    private static final String ACTION = "com.github.poshealth.action.INTAKE";
    private static final String DESCRIPTOR = "com.github.poshealth.Intake";
    private static final String ANSWER = "com.github.poshealth.IntakeAnswer";
    private static final int TELL = IBinder.FIRST_CALL_TRANSACTION; // String lines, strong binder
    private static final int ANSWERED = IBinder.FIRST_CALL_TRANSACTION; // int code, String answer
    private static final int MAX_QUEUE = 64; // lines that wait for the service; the oldest goes where one more comes

    private final Context context;
    private final Binder answer;
    private final ArrayDeque<String> queue = new ArrayDeque<String>(); // guarded by this
    private IBinder service; // guarded by this
    private long lost; // guarded by this

    /**
     * Binds the service; Android binds it again by itself when its process comes back.
     *
     * @param context of the application, not of an activity
     * @param listener null: nobody wants to hear
     */
    public PoshealthBound(Context context, final Listener listener) {
        this.context = context;
        this.answer = new Binder() {
            @Override
            protected boolean onTransact(int code, Parcel data, Parcel reply, int flags) throws RemoteException {
                if (code != ANSWERED) {
                    return super.onTransact(code, data, reply, flags);
                }
                data.enforceInterface(ANSWER);
                int said = data.readInt();
                String text = data.readString();
                if (listener != null) {
                    listener.answered(said, text);
                }
                return true;
            }
        };
        context.bindService(new Intent(ACTION).setPackage(APP), this, Context.BIND_AUTO_CREATE); // false: it is not installed
    }

    /** Tells an event: a line of JSON of 1 KiB at most. It does not wait and does not throw; what there is no room for is lost and counted. */
    public synchronized void tell(String line) {
        if (queue.size() == MAX_QUEUE) {
            queue.removeFirst();
            lost++;
        }
        queue.addLast(line);
        send();
    }

    /** Counts lines that the service will not hear of. After a loss tell a "state": it heals all. */
    public synchronized long lost() {
        return lost;
    }

    private void send() {
        try {
            while (service != null && !queue.isEmpty()) {
                one(queue.peekFirst());
                queue.removeFirst();
            }
        } catch (RemoteException e) {
            // It is gone, or too much is under way: onServiceConnected, or the next line, tries again.
        }
    }

    private void one(String line) throws RemoteException {
        Parcel data = Parcel.obtain();
        try {
            data.writeInterfaceToken(DESCRIPTOR);
            data.writeString(line);
            data.writeStrongBinder(answer);
            service.transact(TELL, data, null, IBinder.FLAG_ONEWAY);
        } finally {
            data.recycle();
        }
    }

    @Override
    public synchronized void onServiceConnected(ComponentName name, IBinder binder) {
        service = binder;
        send();
    }

    @Override
    public synchronized void onServiceDisconnected(ComponentName name) {
        service = null;
    }

    @Override
    public void close() {
        context.unbindService(this);
    }
}

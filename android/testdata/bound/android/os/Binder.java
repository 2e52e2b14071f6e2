package android.os;

/** A binder that works, for one JVM: a call is a call, by the user that the test names. */
public class Binder implements IBinder {
    public static int caller;

    public static int getCallingUid() {
        return caller;
    }

    protected boolean onTransact(int code, Parcel data, Parcel reply, int flags) throws RemoteException {
        return false;
    }

    @Override
    public final boolean transact(int code, Parcel data, Parcel reply, int flags) throws RemoteException {
        if (flags != FLAG_ONEWAY || reply != null) {
            throw new IllegalStateException("a call that waits");
        }
        return onTransact(code, data, null, flags);
    }
}

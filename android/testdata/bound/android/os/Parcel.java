package android.os;

import java.util.ArrayDeque;

/** A parcel that works, for one JVM: what is written is read in order, and as what it was written. */
public final class Parcel {
    private final ArrayDeque<Object[]> held = new ArrayDeque<>();

    public static Parcel obtain() {
        return new Parcel();
    }

    public void recycle() {
    }

    private void put(String kind, Object value) {
        held.addLast(new Object[] {kind, value});
    }

    private Object take(String kind) {
        Object[] next = held.removeFirst();
        if (!kind.equals(next[0])) {
            throw new IllegalStateException("read " + kind + " where " + next[0] + " was written");
        }
        return next[1];
    }

    public void writeInterfaceToken(String descriptor) {
        put("token", descriptor);
    }

    public void enforceInterface(String descriptor) {
        if (!descriptor.equals(take("token"))) {
            throw new SecurityException("another interface");
        }
    }

    public void writeString(String text) {
        put("string", text);
    }

    public String readString() {
        return (String) take("string");
    }

    public void writeInt(int number) {
        put("int", number);
    }

    public int readInt() {
        return (Integer) take("int");
    }

    public void writeStrongBinder(IBinder binder) {
        put("binder", binder);
    }

    public IBinder readStrongBinder() {
        return (IBinder) take("binder");
    }

    public void writeNoException() {
    }
}

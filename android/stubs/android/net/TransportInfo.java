package android.net;

public interface TransportInfo {
}

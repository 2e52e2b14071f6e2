package android.net.wifi;

import android.net.TransportInfo;

public class WifiInfo implements TransportInfo {
    public int getRssi() { throw new UnsupportedOperationException(); }
    public int getLinkSpeed() { throw new UnsupportedOperationException(); }
    public int getFrequency() { throw new UnsupportedOperationException(); }
}

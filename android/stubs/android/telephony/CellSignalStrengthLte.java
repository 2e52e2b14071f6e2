package android.telephony;

public abstract class CellSignalStrengthLte extends CellSignalStrength {
    public int getRsrp() { throw new UnsupportedOperationException(); } // API 26
    public int getRsrq() { throw new UnsupportedOperationException(); } // API 26
    public int getRssnr() { throw new UnsupportedOperationException(); } // API 26
}

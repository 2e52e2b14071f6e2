package android.telephony;

public abstract class CellSignalStrengthNr extends CellSignalStrength {
    public int getSsRsrp() { throw new UnsupportedOperationException(); } // API 29
    public int getSsRsrq() { throw new UnsupportedOperationException(); } // API 29
    public int getSsSinr() { throw new UnsupportedOperationException(); } // API 29
}

package android.view;

public class View {
    public static final int VISIBLE = 0;
    public static final int GONE = 8;

    public interface OnClickListener {
        void onClick(View view);
    }

    public void setOnClickListener(OnClickListener listener) { throw new UnsupportedOperationException(); }
    public int getVisibility() { throw new UnsupportedOperationException(); }
    public boolean postDelayed(Runnable work, long millis) { throw new UnsupportedOperationException(); }
    public boolean removeCallbacks(Runnable work) { throw new UnsupportedOperationException(); }
    public void setVisibility(int visibility) { throw new UnsupportedOperationException(); }
}

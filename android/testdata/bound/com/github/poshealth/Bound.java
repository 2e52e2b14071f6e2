package com.github.poshealth;

import android.content.Context;
import android.content.Intent;
import android.content.ServiceConnection;
import android.content.pm.PackageInfo;
import android.content.pm.PackageManager;
import android.content.pm.PermissionInfo;
import android.content.pm.Signature;
import android.os.Binder;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import com.github.poshealth.core.IntakeDesk;
import com.github.poshealth.core.LineQueue;
import com.github.poshealth.core.Signers;

/**
 * The reference client for payment apps against the service's own binder and its look at signatures. It prints what the client heard
 * and how many lines wait. SDK_INT is 21 here.
 */
public final class Bound {
    private static final String OURS = "0d1f2a3b"; // no certificate, but bytes that have a hash

    public static void main(String[] args) throws Exception {
        LineQueue queue = new LineQueue();
        IntakeDesk desk = new IntakeDesk(new CallerSignatures(new Packages()), new Signers(Arrays.asList(args[0])), queue);
        final IntakeBinder service = new IntakeBinder(desk);
        final ServiceConnection[] bound = new ServiceConnection[1];
        Context context = new Context() {
            @Override
            public boolean bindService(Intent intent, ServiceConnection connection, int flags) {
                bound[0] = connection;
                return true;
            }
        };
        List<String> heard = new ArrayList<>();
        PoshealthBoundDriver client = new PoshealthBoundDriver(context, (code, answer) -> heard.add(code + answer));
        Binder.caller = 10001;
        for (int i = 0; i < 70; i++) {
            client.tell("{\"line\":" + i + "}");
        }
        System.out.println("before it is bound: " + queue.size() + " wait, " + client.lost() + " lost");
        bound[0].onServiceConnected(null, service);
        System.out.println("bound: " + queue.size() + " wait, heard " + heard);
        Binder.caller = 10002;
        client.tell("{}");
        System.out.println("another's signature: " + queue.size() + " wait, " + queue.lost() + " lost, heard " + heard);
        Binder.caller = 10003;
        client.tell("{}");
        System.out.println("nobody: heard " + heard);
        Binder.caller = 10001;
        client.tell(" ");
        client.tell("x".repeat(2000));
        System.out.println("nothing and too much: heard " + heard);
        bound[0].onServiceDisconnected(null);
        client.tell("{\"line\":70}");
        System.out.println("gone: " + queue.lost() + " lost");
        bound[0].onServiceConnected(null, service);
        System.out.println("back: " + queue.lost() + " lost");
    }

    /** Installed packages: 10001 is the payment app, 10002 another one, and 10003 none. */
    @SuppressWarnings("deprecation") // as Android 5 has them
    private static final class Packages extends PackageManager {
        @Override
        public String[] getPackagesForUid(int uid) {
            return uid == 10001 ? new String[] {"com.example.pay"} : uid == 10002 ? new String[] {"com.example.other"} : null;
        }

        @Override
        public PackageInfo getPackageInfo(String name, int flags) {
            PackageInfo info = new PackageInfo();
            info.signatures = new Signature[] {new Signature(name.equals("com.example.pay") ? OURS : "00")};
            return info;
        }

        @Override
        public PermissionInfo getPermissionInfo(String name, int flags) {
            throw new UnsupportedOperationException();
        }

        @Override
        public int getApplicationEnabledSetting(String name) {
            throw new UnsupportedOperationException();
        }

        @Override
        public String getInstallerPackageName(String name) {
            throw new UnsupportedOperationException();
        }
    }
}

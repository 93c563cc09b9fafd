package shoplake;

import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.permission.FsPermission;

/** Folders of this machine whose files have the permissions that the user's umask gives them. */
public class Folders extends RawLocalFileSystem {
    /** Hadoop would start `chmod` for every file and folder that it makes. */
    @Override
    public void setPermission(Path path, FsPermission permission) {}
}

package doctor

import "golang.org/x/sys/windows"

// DiskOf tells of the disk that a folder is on.
func DiskOf(dir string) (Disk, error) {
	name, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return Disk{}, err
	}
	d := Disk{Path: dir}
	err = windows.GetDiskFreeSpaceEx(name, &d.Free, &d.Total, nil)
	return d, err
}

using Foobar.Ops.Lab.Host;

namespace Foobar.Ops.Lab.Images;

/// <summary>Builds a base image with mmdebstrap, and layers over one with its own apt.</summary>
internal static class ImageBuilder
{
    /// <summary>
    /// The build of an image. The date until which a release file is valid is not checked, since a mirror may be a snapshot of
    /// former days; its signature is.
    /// </summary>
    private const string Image = """
        set -eu
        root=$1 suite=$2 mirror=$3 packages=$4 files=$5 log=$6
        exec >"$log" 2>&1
        mmdebstrap --variant=minbase --include="$packages" --aptopt='Acquire::Check-Valid-Until "false"' "$suite" "$root" "$mirror"
        cp -r "$files/." "$root/"
        mount -t proc proc "$root/proc"
        chroot "$root" /bin/sh /build/prepare.sh
        umount "$root/proc"
        rm -rf "$root/build"
        """;

    /// <summary>
    /// The build of a layer. It is changed in memory first, since the images may themselves lie on an overlay, which takes no
    /// other's changes; copied from there it holds no marks of what the image has and it has not, only files.
    /// </summary>
    public const string Layer = """
        set -eu
        layer=$1 image=$2 suite=$3 mirror=$4 packages=$5 services=$6 log=$7
        exec >"$log" 2>&1
        mount -t tmpfs layer /mnt
        mkdir /mnt/changes /mnt/work /mnt/root
        mount -t overlay -o "lowerdir=$image,upperdir=/mnt/changes,workdir=/mnt/work" overlay /mnt/root
        mount -t proc proc /mnt/root/proc
        for file in /etc/resolv.conf /etc/hosts; do : >> "/mnt/root$file"; mount --bind "$file" "/mnt/root$file"; done
        echo "deb $mirror $suite main" > /mnt/root/etc/apt/sources.list
        printf '#!/bin/sh\nexit 101\n' > /mnt/root/usr/sbin/policy-rc.d
        chmod 755 /mnt/root/usr/sbin/policy-rc.d
        export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin
        chroot /mnt/root apt-get update
        chroot /mnt/root apt-get install --yes --no-install-recommends $packages
        chroot /mnt/root systemctl disable $services
        umount /mnt/root/etc/resolv.conf /mnt/root/etc/hosts /mnt/root/proc
        touch /mnt/root/etc/.updated /mnt/root/var/.updated
        umount /mnt/root
        cd /mnt/changes
        rm -rf var/lib/apt/lists var/cache/apt usr/share/man usr/share/doc tmp run etc/resolv.conf etc/hosts usr/sbin/policy-rc.d
        find . -type c -delete
        mkdir "$layer"
        cp -a . "$layer"
        """;

    /// <summary>Builds an image into a directory that does not exist yet.</summary>
    /// <exception cref="LabException">The build failed; the message holds the end of its log.</exception>
    public static async Task BuildAsync(ImageFlavour flavour, string root, string mirror, string log, CancellationToken cancel)
    {
        string files = root + ".files";
        foreach ((string path, string content) in flavour.Files)
        {
            string target = files + path;
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            await File.WriteAllTextAsync(target, content, cancel);
        }

        await BuildProcess.RunAsync(
            $"{flavour.Name} image", Image, [root, flavour.Suite, mirror, string.Join(',', flavour.Packages), files, log], mirror, cancel);
    }

    /// <summary>Builds a layer into a directory that does not exist yet.</summary>
    /// <inheritdoc cref="BuildAsync(ImageFlavour, string, string, string, CancellationToken)"/>
    public static Task BuildAsync(
        ImageLayer layer, string image, string suite, string root, string mirror, string log, CancellationToken cancel) =>
        BuildProcess.RunAsync(
            $"{layer.Name} layer", Layer,
            [root, image, suite, mirror, string.Join(' ', layer.Packages), string.Join(' ', layer.Services), log], mirror, cancel);
}

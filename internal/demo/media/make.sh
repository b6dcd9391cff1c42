#!/bin/sh
# Makes the demonstration video again, in the folder of this script: six seconds of a test pattern with a clock and a
# bell every second, as HLS with fragmented MP4. Needs ffmpeg with libx264.
set -eu
cd "$(dirname "$0")"
mkdir -p manifest
cd manifest
rm -f -- *.m3u8 *.mp4 *.m4s
ffmpeg -hide_banner -loglevel error \
  -f lavfi -i 'testsrc2=size=320x180:rate=25:duration=6' \
  -f lavfi -i 'aevalsrc=exprs=0.25*sin(2*PI*(440+110*floor(t))*t)*exp(-6*mod(t\,1)):sample_rate=48000:duration=6' \
  -map 0:v -map 1:a -map_metadata -1 -fflags +bitexact -flags:v +bitexact -flags:a +bitexact \
  -c:v libx264 -profile:v main -level 3.0 -pix_fmt yuv420p -preset veryslow \
  -b:v 180k -maxrate 220k -bufsize 360k -g 50 -keyint_min 50 -sc_threshold 0 -bf 0 -threads 1 \
  -c:a aac -b:a 64k -ac 1 \
  -f hls -hls_time 2 -hls_playlist_type vod -hls_segment_type fmp4 -hls_fmp4_init_filename init.mp4 \
  -hls_segment_filename 'segment%d.m4s' -master_pl_name video.m3u8 stream.m3u8

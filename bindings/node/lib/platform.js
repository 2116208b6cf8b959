'use strict';

/** The name of the library for this machine. */
function libraryName() {
  const { platform, arch } = process;
  const isMusl = platform === 'linux' && !process.report.getReport().header.glibcVersionRuntime;
  const parts = platform === 'linux' ? [platform, arch, isMusl ? 'musl' : 'gnu'] : [platform, arch];
  return `boundtoken.${parts.join('-')}.node`;
}

module.exports = { libraryName };

# Language level, warnings and sanitizers: the same for every folder.
set(CMAKE_C_STANDARD 17)
set(CMAKE_C_EXTENSIONS ON)          # __int128, statement expressions, POSIX
set(CMAKE_CXX_STANDARD 17)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

option(WEIR_WERROR "warnings are errors (CI)" OFF)
set(WEIR_SANITIZE "" CACHE STRING "value for -fsanitize=, for example address,undefined or thread")
option(WEIR_FUZZ "build the libFuzzer targets (needs clang)" OFF)

find_program(WEIR_CCACHE ccache)
if(WEIR_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${WEIR_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${WEIR_CCACHE})
endif()

set(CMAKE_C_FLAGS_RELEASE "-O3 -g1")       # asserts stay on: the cheap ones guard invariants
set(CMAKE_CXX_FLAGS_RELEASE "-O3 -g1")
set(CMAKE_C_FLAGS_DEBUG "-O1 -g")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g")
add_compile_options(-fno-omit-frame-pointer -fvisibility=hidden -fno-semantic-interposition)

if(WEIR_SANITIZE)
  add_compile_options(-fsanitize=${WEIR_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${WEIR_SANITIZE})
endif()
if(WEIR_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# -Wconversion and -Wsign-conversion are off: kernels mix widths on purpose and the casts hid real code.
# Missing initialisers are fine: designated initialisers leave the rest zero on purpose.
set(WEIR_WARNINGS -Wall -Wextra -Wshadow -Wundef -Wvla -Wwrite-strings -Wpointer-arith
    -Wdouble-promotion -Wno-missing-field-initializers -Wno-unused-parameter)
set(WEIR_C_WARNINGS ${WEIR_WARNINGS} -Wstrict-prototypes -Wmissing-prototypes)
if(WEIR_WERROR)
  list(APPEND WEIR_C_WARNINGS -Werror)
  list(APPEND WEIR_WARNINGS -Werror)
endif()

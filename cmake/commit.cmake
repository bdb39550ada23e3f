# Writes the header OUT with the commit of FROM, "+" behind it where files were changed; "" where there
# is none to tell. Left as it is where it says so already, so that nothing is compiled for it.
execute_process(COMMAND git -C ${FROM} rev-parse --short=10 HEAD OUTPUT_VARIABLE commit
  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed)
  set(commit "")
else()
  execute_process(COMMAND git -C ${FROM} diff --quiet HEAD RESULT_VARIABLE changed ERROR_QUIET)
  if(changed)
    string(APPEND commit "+")
  endif()
endif()
file(CONFIGURE OUTPUT ${OUT} CONTENT "#define PMPO_COMMIT \"${commit}\"\n" @ONLY)

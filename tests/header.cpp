// header.cpp: pmpo.h compiles alone, as C++17.
#include <pmpo.h>

int main()
{
    pmpo_error err{};
    return err.code;
}

namespace Dossier.Conformance;

/// <summary>Says which member of which contract a test of owners is about, so that none can be forgotten.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class ScopesAttribute<TContract>(string member) : Attribute, IScopes
{
    public Type Contract => typeof(TContract);

    public string Member => member;
}

public interface IScopes
{
    Type Contract { get; }

    string Member { get; }
}
